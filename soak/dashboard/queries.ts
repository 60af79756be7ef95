/** What Grafana asks Prometheus for to draw a dashboard, and what it makes of the answers. */

export interface Target {
  expr: string;
  legendFormat: string;
  /** One value, of the end; otherwise one for each step. */
  instant?: boolean;
}

/** As the dashboard's file has it; the options are for the components that draw it. */
export interface Panel {
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  fieldConfig?: object;
  options?: object;
  /** Absent in a row. */
  targets?: Target[];
}

export interface Dashboard {
  title: string;
  panels: Panel[];
  templating: { list: { name: string; allValue?: string }[] };
}

/** Seconds of Unix time; `scrape` is the interval that the data source is told. */
export interface Range {
  from: number;
  to: number;
  scrape: number;
}

export interface Series {
  metric: Record<string, string>;
  /** Seconds of Unix time, and numbers as texts. */
  values: [number, string][];
}

export interface DrawnSeries {
  name: string;
  /** Milliseconds of Unix time. */
  times: number[];
  values: (number | null)[];
}

/** Points beyond which no more are drawn on a panel. */
const MOST_POINTS = 1_000;

export function stepOf({ from, to, scrape }: Range): number {
  return Math.max(scrape, Math.ceil((to - from) / MOST_POINTS));
}

/** @returns the query with everything chosen: "All" of each variable */
export function queryOf(expr: string, dashboard: Dashboard, range: Range): string {
  const step = stepOf(range);
  // https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/#use-__rate_interval
  const rateInterval = Math.max(step + range.scrape, 4 * range.scrape);
  const values: Record<string, string> = {
    __rate_interval: `${rateInterval}s`,
    __interval: `${step}s`,
    __range: `${Math.round(range.to - range.from)}s`,
  };
  for (const { name, allValue } of dashboard.templating.list) if (allValue) values[name] = allValue;
  return expr.replace(/\$(\w+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`no value for $${name} in ${expr}`);
    return value;
  });
}

/** @see https://grafana.com/docs/grafana/latest/datasources/prometheus/query-editor/#legend */
export function drawn({ legendFormat }: Target, { metric, values }: Series): DrawnSeries {
  return {
    name: legendFormat.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => metric[label] ?? ''),
    times: values.map(([seconds]) => seconds * 1_000),
    values: values.map(([, text]) => (text === 'NaN' ? null : Number(text))),
  };
}
