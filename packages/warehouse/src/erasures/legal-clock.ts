import { DEFAULT_TIMEZONE } from "@lethe/contracts/schedules";

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Returns SQL for the time at which a request must be answered (GDPR Art. 12(3)): one calendar month after its receipt, or
 * three when it was extended, by the calendar of the job's time zone and no later than the month's last day. Takes SQL for the
 * time of receipt, for the job, and for whether it was extended.
 */
export function dueSql(receivedAt: string, job: string, isExtended: string): string {
  const zone = `coalesce((select s.timezone from ledger.schedules s where s.job = ${job}), '${DEFAULT_TIMEZONE}')`;
  const term = `case when ${isExtended} then interval '3 months' else interval '1 month' end`;
  return `((${receivedAt} at time zone ${zone}) + ${term}) at time zone ${zone}`;
}

/** Returns SQL for whether the term of an erasure was extended, under its own id or while its request stood in quarantine. */
export function isExtendedSql(erasureId: string, quarantineId: string): string {
  return `exists (select from privacy.acts a where a.act = 'extended'
                  and (a.erasure_id = ${erasureId} or a.quarantine_id = ${quarantineId}))`;
}

/** Returns the days that a request was open until its end or is open now, and those that are left of its term. */
export function daysOf(
  receivedAt: Date,
  due: Date,
  closedAt: Date | null,
): { readonly daysOpen: number; readonly daysLeft: number | null } {
  const now = new Date();
  return {
    daysOpen: days((closedAt ?? now).getTime() - receivedAt.getTime()),
    daysLeft: closedAt === null ? days(due.getTime() - now.getTime()) : null,
  };
}

function days(ms: number): number {
  return Math.round((ms / DAY_MS) * 100) / 100;
}
