-- Up Migration
-- Effect: none
-- How many files and folders of landing a run could not take for any dataset. Notices name them, up to a bound.
alter table ledger.runs add column not_taken integer not null default 0;

-- Whether a file that was handed in has been met by a run is asked by its path.
create index notices_of_path on ledger.notices (path);
