-- Up Migration
-- Effect: none
-- The newest step of the version whose functions, views and rights these are: an older version's are replaced by a newer one's,
-- never the other way round. Null for those from before this step.
alter table ledger.applied_definitions add column newest_step text;
