/** Columns of product, an array each: these and no others. */
export const deleteProducts = `DELETE FROM product`;

export const insertProducts = `
  INSERT INTO product (product, name, valid_from, valid_to)
  SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::date[])`;
