-- Up Migration
-- Effect: none
-- Each attempt to load a batch stages its output for processed_data/ under a name of its own, so that one that is late, since its
-- process was stopped, cannot change what counts. This is the attempt whose output counts. Null for a batch that was loaded before this step.
alter table ledger.batches add column output text;
