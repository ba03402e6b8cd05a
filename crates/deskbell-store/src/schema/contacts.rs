//! What is known of customers beyond name and address: companies, groups, added fields.

/// `owner_kind` is `customer`, `company` or `conversation`. A code may stand more than once; a unique field's value has one owner of a kind.
///
/// `known` is 1 for a customer of whom anything is known (an address, a name, a phone number, a field): lists leave the others out, of
/// whom there are many, since every browser that comes is one.
pub(super) const CONTACTS: &str = r"
ALTER TABLE customers ADD COLUMN role {TEXT} NOT NULL DEFAULT 'V';
ALTER TABLE customers ADD COLUMN gender {TEXT} NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN system_name {TEXT} NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN company_id BIGINT;
ALTER TABLE customers ADD COLUMN language {TEXT} NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN address {TEXT} NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN password_hash {TEXT} NOT NULL DEFAULT '';
ALTER TABLE customers ADD COLUMN removed_at BIGINT;
ALTER TABLE customers ADD COLUMN known BIGINT NOT NULL DEFAULT 0;
UPDATE customers SET known = 1 WHERE email IS NOT NULL OR name <> '' OR phone <> '';
CREATE INDEX customers_known ON customers (created_at, id) WHERE known = 1;
CREATE INDEX customers_company ON customers (company_id, created_at, id) WHERE company_id IS NOT NULL;
CREATE INDEX agents_contact ON agents (contact_id);
CREATE INDEX visits_customer ON visits (customer_id);
CREATE TABLE companies (
  id {PK},
  name {TEXT} NOT NULL,
  language {TEXT} NOT NULL,
  address {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE INDEX companies_name ON companies (name, id);
CREATE TABLE company_contacts (
  company_id BIGINT NOT NULL REFERENCES companies(id),
  kind {TEXT} NOT NULL,
  ordinal BIGINT NOT NULL,
  value {TEXT} NOT NULL,
  PRIMARY KEY (company_id, kind, ordinal)
);
CREATE INDEX company_contacts_value ON company_contacts (kind, value);
CREATE TABLE customer_groups (
  id {PK},
  name {TEXT} NOT NULL UNIQUE,
  color {TEXT} NOT NULL,
  bg_color {TEXT} NOT NULL,
  created_at BIGINT NOT NULL
);
CREATE TABLE customer_group_members (
  customer_id BIGINT NOT NULL REFERENCES customers(id),
  group_id BIGINT NOT NULL REFERENCES customer_groups(id),
  ordinal BIGINT NOT NULL,
  PRIMARY KEY (customer_id, group_id)
);
CREATE INDEX customer_group_members_group ON customer_group_members (group_id);
CREATE TABLE company_group_members (
  company_id BIGINT NOT NULL REFERENCES companies(id),
  group_id BIGINT NOT NULL REFERENCES customer_groups(id),
  ordinal BIGINT NOT NULL,
  PRIMARY KEY (company_id, group_id)
);
CREATE INDEX company_group_members_group ON company_group_members (group_id);
CREATE TABLE custom_fields (
  owner_kind {TEXT} NOT NULL,
  owner_id BIGINT NOT NULL,
  ordinal BIGINT NOT NULL,
  code {TEXT} NOT NULL,
  value {TEXT} NOT NULL,
  PRIMARY KEY (owner_kind, owner_id, ordinal)
);
CREATE TABLE unique_fields (
  owner_kind {TEXT} NOT NULL,
  code {TEXT} NOT NULL,
  value {TEXT} NOT NULL,
  owner_id BIGINT NOT NULL,
  ordinal BIGINT NOT NULL,
  PRIMARY KEY (owner_kind, code, value)
);
CREATE INDEX unique_fields_owner ON unique_fields (owner_kind, owner_id);
";
