-- Up Migration
-- Effect: none
-- Of the lines of a batch that come from one file: how many records lack a declared field, {field: [null or not there, those or blank]}.
alter table ledger.batch_segments add column lacking jsonb;

create index files_of_partition on ledger.files (dataset, partition_date, partition_hour);

-- What came in a partition, as the files that brought it were loaded. Numbers and names of declared fields alone.
create table ledger.partition_stats (
  dataset          text not null,
  partition_date   date not null,
  partition_hour   smallint not null check (partition_hour between 0 and 23),
  files            integer not null,
  bytes            bigint not null,
  records_in       bigint not null,
  records_loaded   bigint not null,
  records_rejected bigint not null,
  duplicates       bigint not null,
  late_references  bigint not null,
  faults           bigint not null,
  -- By field: the faults that are of this field; the records that lack it; the same or have it blank.
  faults_of        jsonb not null,
  nulls            jsonb not null,
  missing          jsonb not null,
  first_arrived_at timestamptz not null,
  counted_at       timestamptz not null,
  -- When it was held against the checks; null until then, and again when more came.
  judged_at        timestamptz,
  -- The causes for which it was found wrong.
  failed           text[] not null default '{}',
  primary key (dataset, partition_date, partition_hour)
);
create index partition_stats_unjudged on ledger.partition_stats (dataset, partition_date, partition_hour) where judged_at is null;

create table ledger.check_results (
  id             bigint generated always as identity primary key,
  dataset        text not null,
  partition_date date not null,
  partition_hour smallint not null,
  check_key      text not null,
  metric         text not null,
  property       text,
  unit           text not null,
  value          double precision not null,
  condition      text not null,
  learnt         boolean not null,
  passed         boolean not null,
  judged_at      timestamptz not null,
  unique (dataset, partition_date, partition_hour, check_key)
);
create index check_results_failed on ledger.check_results (id) where not passed;

-- What somebody is told of once when it comes up, and once when it is over.
create table ledger.alerts (
  id              uuid primary key default gen_random_uuid(),
  dataset         text not null,
  kind            text not null check (kind in ('quality', 'arrival', 'freshness', 'schedule')),
  cause           text not null,
  message         text not null,
  first_partition text,
  last_partition  text,
  opened_at       timestamptz not null,
  closed_at       timestamptz,
  closed_by       text,
  resolution      text check (resolution in ('recovered', 'arrived', 'given_up', 'dismissed')),
  -- When the messages about it came into the webhook's outbox.
  opening_told_at timestamptz,
  closing_told_at timestamptz,
  check ((closed_at is null) = (resolution is null))
);
create unique index alerts_one_open on ledger.alerts (dataset, cause) where closed_at is null;
create index alerts_newest on ledger.alerts (opened_at desc, id desc);
create index alerts_untold on ledger.alerts (opened_at)
  where opening_told_at is null or closed_at is not null and closing_told_at is null;

-- The partitions that had not come by their deadline.
create table ledger.late_partitions (
  dataset        text not null,
  partition_date date not null,
  partition_hour smallint not null check (partition_hour between 0 and 23),
  state          text not null check (state in ('late', 'missing', 'arrived', 'given_up')),
  due_at         timestamptz not null,
  missing_at     timestamptz not null,
  closed_at      timestamptz,
  alert_id       uuid not null references ledger.alerts (id),
  primary key (dataset, partition_date, partition_hour)
);
create index late_partitions_of_alert on ledger.late_partitions (alert_id);
create index late_partitions_waited_for on ledger.late_partitions (dataset) where closed_at is null;
