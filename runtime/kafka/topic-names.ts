/** How topics are called on the broker: the prefix of the installation, or another one for what is read from elsewhere. */
export class TopicNames {
  readonly #prefix: string;
  readonly #others: ReadonlyMap<string, string>;
  readonly #topics = new Map<string, string>();

  /** @param others prefixes of topics, by their names, that are not called by `prefix` */
  constructor(prefix: string, others: ReadonlyMap<string, string> = new Map()) {
    this.#prefix = prefix;
    this.#others = others;
  }

  /** The name on the broker. */
  of(topic: string): string {
    const name = (this.#others.get(topic) ?? this.#prefix) + topic;
    this.#topics.set(name, topic);
    return name;
  }

  /** The topic that was asked for before and is called so on the broker. */
  topicOf(name: string): string {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw new Error(`nobody has asked for ${name}`);
    return topic;
  }
}
