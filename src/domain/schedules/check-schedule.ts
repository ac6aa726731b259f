import type { Schedule } from "../../api/schedule.ts";
import type { CronSchedule } from "../cron/cron-schedule.ts";
import { parseCron } from "../cron/parse-cron.ts";
import { labelViolations } from "../metadata-checks.ts";
import { checkBackupSpec } from "../selection/backup-spec-checks.ts";

/** Its Backups carry its name as the value of a label. */
const maxNameLength = 63;

/** The expression, or all that is wrong with the schedule, in sentences. */
export type CheckedSchedule =
  | { readonly cron: CronSchedule; readonly problems: readonly [] }
  | { readonly cron?: undefined; readonly problems: readonly [string, ...string[]] };

export function checkSchedule({ metadata, spec }: Schedule): CheckedSchedule {
  const cron = parseCron(spec.schedule ?? "");
  const [first, ...others] = [
    ...("problems" in cron ? cron.problems.map((problem) => `schedule: ${problem}`) : []),
    ...nameProblems(metadata.name),
    ...templateProblems(spec.template).map((problem) => `template: ${problem}`),
  ];
  if (first !== undefined) return { problems: [first, ...others] };
  // Without a problem it is one.
  return { cron: cron as CronSchedule, problems: [] };
}

function nameProblems(name: string): readonly string[] {
  if (name.length <= maxNameLength) return [];
  return [
    `name: it has ${name.length} characters, and at most ${maxNameLength} fit into the label velero.io/schedule-name of its Backups`,
  ];
}

function templateProblems(template: Schedule["spec"]["template"] | undefined): readonly string[] {
  if (template === undefined) return ["it is missing"];
  const { resourcePolicy, metadata } = template;
  return [
    ...checkBackupSpec(template),
    ...(resourcePolicy !== undefined && resourcePolicy.name.trim() === ""
      ? ["the name of the ConfigMap of resource policies is blank"]
      : []),
    ...labelViolations(metadata?.labels ?? {}),
  ];
}
