/** What the demo's speech platform consists of. */

export interface Namespace {
  readonly cluster: string;
  readonly name: string;
  /** The tenant that has it alone; null for shared and system namespaces. */
  readonly tenant: string | null;
  /** What runs in it; null where no calls are served. */
  readonly product: Product | null;
  /** Cost of a usual day in cents. */
  readonly cents: number;
}

export type Product = 'asr' | 'voicebot' | 'biometrics';

export interface Cluster {
  readonly id: string;
  readonly region: string;
  /** What its callers' clocks are ahead of UTC. */
  readonly hoursAhead: number;
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly home: string;
  readonly products: readonly Product[];
  /** How many calls it makes, relative to others. */
  readonly weight: number;
  /** The first day on which it is a customer, counted from the first day of the demo. */
  readonly fromDay: number;
}

export const clusters: readonly Cluster[] = [
  { id: 'prod-eu-1', region: 'eu-central-1', hoursAhead: 1 },
  { id: 'prod-us-1', region: 'us-east-1', hoursAhead: -5 },
  { id: 'prod-ap-1', region: 'ap-southeast-1', hoursAhead: 8 },
];

export const namespaces: readonly Namespace[] = [
  { cluster: 'prod-eu-1', name: 'asr-shared', tenant: null, product: 'asr', cents: 41_200 },
  { cluster: 'prod-eu-1', name: 'voicebot-shared', tenant: null, product: 'voicebot', cents: 28_900 },
  { cluster: 'prod-eu-1', name: 'acme-voice', tenant: 'acme', product: 'voicebot', cents: 17_350 },
  { cluster: 'prod-eu-1', name: 'kube-system', tenant: null, product: null, cents: 4_800 },
  { cluster: 'prod-us-1', name: 'asr-shared', tenant: null, product: 'asr', cents: 52_700 },
  { cluster: 'prod-us-1', name: 'biometrics-shared', tenant: null, product: 'biometrics', cents: 19_400 },
  { cluster: 'prod-us-1', name: 'globex-voice', tenant: 'globex', product: 'asr', cents: 14_100 },
  { cluster: 'prod-us-1', name: 'monitoring', tenant: null, product: null, cents: 6_250 },
  { cluster: 'prod-ap-1', name: 'asr-shared', tenant: null, product: 'asr', cents: 23_600 },
  { cluster: 'prod-ap-1', name: 'voicebot-shared', tenant: null, product: 'voicebot', cents: 12_700 },
  { cluster: 'prod-ap-1', name: 'initech-voice', tenant: 'initech', product: 'biometrics', cents: 9_300 },
  { cluster: 'prod-ap-1', name: 'load-test', tenant: null, product: null, cents: 1_900 },
];

/** An id that calls come in under and that no catalog knows: a trial that nobody has entered. */
export const UNKNOWN_TENANT = 'ghost-trial';

/** Umbrella's calls in America come in under this older name of theirs. */
export const ALIAS = { tenant: 'umbrella', alias: 'umbrella-us', cluster: 'prod-us-1' } as const;

const names = [
  ...['Acme Corp', 'Globex', 'Initech', 'Umbrella', 'Hooli', 'Vehement Capital', 'Massive Dynamic', 'Stark Industries'],
  ...['Wayne Enterprises', 'Soylent', 'Cyberdyne', 'Tyrell', 'Wonka Sweets', 'Duff Brewing', 'Gringotts', 'Oscorp'],
  ...['Aperture', 'Black Mesa', 'Monarch Air', 'Oceanic Airlines', 'Dunder Paper', 'Sterling Ads', 'Bluth Homes'],
  ...['Prestige Travel', 'Virtucon', 'Rekall', 'Weyland', 'Nakatomi', 'Octan Energy', 'Pied Piper', 'Sirius Robotics'],
  ...['Planet Express', 'MomCorp', 'Kwik Mart', 'Los Pollos', 'Vandelay Imports', 'Kramerica', 'Central Perk'],
  ...['Paper Street', 'Zorin Chips'],
];

const offers: readonly (readonly Product[])[] = [['asr', 'voicebot'], ['asr'], ['asr', 'biometrics'], ['voicebot']];

/** 40 customers: a few large ones, many small ones. */
export const tenants: readonly Tenant[] = names.map((name, index) => ({
  id: name.toLowerCase().split(' ')[0] ?? name,
  name,
  home: clusters[index % clusters.length]?.id ?? '',
  products: offers[index % offers.length] ?? [],
  weight: Math.round(10_000 / (index + 3)),
  fromDay: index === 12 ? 6 : 0,
}));
