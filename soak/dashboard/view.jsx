/**
 * Draws a dashboard's panels with the components that Grafana draws them with, in Grafana's grid. Bundled for the browser by
 * draw.ts, with packages that are no dependencies of this project.
 */
import '@fontsource/inter/400.css';
import '@fontsource/inter/500.css';
import {
  applyFieldOverrides,
  createDataFrame,
  createTheme,
  dateTime,
  FieldColorModeId,
  FieldType,
  getFieldDisplayValues,
  standardFieldConfigEditorRegistry,
  ThemeContext,
} from '@grafana/data';
import { BigValue, GlobalStyles, PanelChrome, PortalContainer, TimeSeries } from '@grafana/ui';
import { createRoot } from 'react-dom/client';

/** Pixels: of a row of the grid, between two panels, and of a panel's title and padding. */
const ROW = 30;
const GAP = 8;
const COLUMNS = 24;

/** What Grafana takes where a panel says nothing. */
const GRAPH = {
  ...{ drawStyle: 'line', lineInterpolation: 'linear', lineWidth: 1, fillOpacity: 0, gradientMode: 'none' },
  ...{ showPoints: 'auto', pointSize: 5, spanNulls: false, axisPlacement: 'auto', axisGridShow: true },
  ...{ axisColorMode: 'text', axisBorderShow: false, axisCenteredZero: false, axisLabel: '' },
  ...{ scaleDistribution: { type: 'linear' }, hideFrom: { legend: false, tooltip: false, viz: false } },
};

const { title, panels, range } = window.DASHBOARD;
const theme = createTheme({ colors: { mode: 'dark' } });
const timeRange = { from: dateTime(range.from * 1_000), to: dateTime(range.to * 1_000) };
timeRange.raw = { from: timeRange.from, to: timeRange.to };

/** Of what overrides may change, that which this dashboard changes. */
standardFieldConfigEditorRegistry.setInit(() => [
  { id: 'color', path: 'color', name: 'color', process: (value) => value, shouldApply: () => true },
]);

function framesOf({ type, series, fieldConfig: { defaults, overrides } }) {
  const custom = { ...GRAPH, ...defaults.custom };
  custom.stacking = { group: 'A', mode: 'none', ...custom.stacking };
  const mode = type === 'stat' ? FieldColorModeId.Thresholds : FieldColorModeId.PaletteClassic;
  const config = { color: { mode }, ...defaults, custom };
  const data = series.map(({ name, times, values }) =>
    createDataFrame({
      fields: [
        { name: 'Time', type: FieldType.time, values: times, config: { interval: range.step * 1_000 } },
        { name: 'Value', type: FieldType.number, values, config: { ...config, displayNameFromDS: name } },
      ],
    }),
  );
  const fieldConfig = { defaults: {}, overrides };
  return applyFieldOverrides({ data, fieldConfig, theme, timeZone: 'utc', replaceVariables: (text) => text });
}

function Stat({ panel, frames, width, height }) {
  const { reduceOptions, colorMode, graphMode, textMode } = panel.options;
  const values = getFieldDisplayValues({
    ...{ fieldConfig: panel.fieldConfig, reduceOptions, data: frames, theme, timeZone: 'utc' },
    replaceVariables: (text) => text,
    sparkline: graphMode !== 'none',
  });
  const each = Math.floor(width / values.length);
  return (
    <div style={{ display: 'flex' }}>
      {values.map(({ display, sparkline }) => (
        <BigValue
          key={display.title}
          value={
            values.length > 1 || textMode === 'value_and_name' ? display : { ...display, title: undefined }
          }
          {...{ theme, height, colorMode, sparkline, graphMode: graphMode ?? 'area', width: each }}
        />
      ))}
    </div>
  );
}

function Graph({ panel, frames, width, height }) {
  const legend = { calcs: [], showLegend: true, ...panel.options.legend };
  return <TimeSeries {...{ frames, width, height, legend, timeRange, timeZone: 'utc' }} />;
}

const Empty = ({ width, height }) => (
  <div style={{ width, height, display: 'grid', placeItems: 'center', color: theme.colors.text.secondary }}>
    No data
  </div>
);

const DRAWN_BY = { stat: Stat, timeseries: Graph };

function Panel({ panel, width, height }) {
  const Drawn = DRAWN_BY[panel.type];
  if (!Drawn) throw new Error(`no component for a panel of type ${panel.type}`);
  const frames = framesOf(panel);
  return (
    <PanelChrome {...{ title: panel.title, description: panel.description, width, height }}>
      {(innerWidth, innerHeight) => {
        const size = { width: innerWidth, height: innerHeight };
        return frames.length > 0 ? <Drawn {...{ panel, frames, ...size }} /> : <Empty {...size} />;
      }}
    </PanelChrome>
  );
}

const pixels = (rows) => rows * (ROW + GAP) - GAP;

function Cell({ panel, width }) {
  const { x, y, w, h } = panel.gridPos;
  const column = (width + GAP) / COLUMNS;
  const size = { width: Math.floor(w * column - GAP), height: pixels(h) };
  const style = { position: 'absolute', left: Math.round(x * column), top: y * (ROW + GAP), ...size };
  return (
    <div style={style}>
      {panel.type === 'row' ? <Row title={panel.title} /> : <Panel {...{ panel, ...size }} />}
    </div>
  );
}

const Row = ({ title }) => (
  <div data-row={title} style={{ ...theme.typography.h5, color: theme.colors.text.primary, paddingTop: 4 }}>
    ⌄ {title}
  </div>
);

function App() {
  const width = window.innerWidth - 2 * GAP;
  const rows = Math.max(...panels.map(({ gridPos: { y, h } }) => y + h));
  const background = theme.colors.background.canvas;
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <div style={{ background, padding: GAP }}>
        <h1 style={{ ...theme.typography.h3, color: theme.colors.text.primary }}>{title}</h1>
        <div style={{ position: 'relative', height: pixels(rows) }}>
          {panels.map((panel) => (
            <Cell key={panel.title} {...{ panel, width }} />
          ))}
        </div>
      </div>
      <PortalContainer />
    </ThemeContext.Provider>
  );
}

createRoot(document.querySelector('main')).render(<App />);
