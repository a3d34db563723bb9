-- Up Migration
-- Effect: none
-- A record under the id of another one that is there, with another content.
alter table ledger.quarantine drop constraint quarantine_reason_check;
alter table ledger.quarantine add constraint quarantine_reason_check
  check (reason in ('schema', 'duplicate', 'conflict', 'unknown_customer', 'unknown_sku', 'total_mismatch', 'identity_mismatch',
                    'unreadable', 'held', 'unsupported_format', 'no_header', 'refund'));
