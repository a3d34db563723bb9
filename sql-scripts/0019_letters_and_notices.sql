-- Up Migration
-- Effect: none
-- When what a dead letter is about was done by other means: by a later run, or by a finish that came after all. Null while somebody
-- has to see to it, and where there is no letter.
alter table ledger.runs add column letter_closed_at timestamptz;
alter table ledger.batches add column letter_closed_at timestamptz;

-- How many notices of a kind a run has beyond those that are named, by their code.
alter table ledger.runs add column notices_more jsonb not null default '{}';
