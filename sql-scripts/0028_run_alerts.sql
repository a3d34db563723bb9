-- Up Migration
-- Effect: none
alter table ledger.alerts drop constraint alerts_kind_check;
alter table ledger.alerts add constraint alerts_kind_check check (kind in ('quality', 'arrival', 'freshness', 'schedule', 'run'));
