/** Columns of tenant, an array each: these and no others. */
export const deleteTenants = `DELETE FROM tenant`;

export const insertTenants = `
  INSERT INTO tenant (tenant, name, valid_from, valid_to)
  SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::date[])`;
