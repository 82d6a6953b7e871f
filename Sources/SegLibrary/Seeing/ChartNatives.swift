// Charts of numbers: curves, bars, heat maps; on the terminal, or in a file with save=.

import SegRuntime
import SegTensor
import SegTerminal

let chartNatives: [Native] = [
    Native(
        "plot(data, title=nil, x_label=nil, y_label=nil, log=false, save=nil)",
        "Curves on the terminal, or in a .png or .svg with save=. Takes numbers, lists of them, a record of "
            + "curves by name, a run's history; a curve may be (y=…, x=…, low=…, high=…) for a band.",
        examples: [
            "plot((loss=[3, 2, 1]), save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \"<svg\"))  # expect: true"
        ]
    ) { call in
        let (title, xLabel, yLabel) = (
            try call.optionalString(1), try call.optionalString(2), try call.optionalString(3)
        )
        let isLog = try call.bool(4)
        let plots = try call.panels(0).map { panel in
            LinePlot(
                title: panel.title ?? title, xLabel: xLabel, yLabel: yLabel, logY: isLog, firstX: 1,
                series: panel.curves)
        }
        return try call.present(PlotPanels(plots), save: 5)
    },
    Native(
        "bars(data, title=nil, log=false, save=nil)",
        "A bar for each number, with its label: a labelled tensor such as data.counts, a record, or a list.",
        examples: [
            "bars((a=1, b=2), save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \"<svg\"))  # expect: true"
        ]
    ) { call in
        let chart = BarChart(
            title: try call.optionalString(1), log: try call.bool(2),
            bars: try call.labelled(0).map { BarChart.Bar($0, $1) })
        return try call.present(chart, save: 3)
    },
    Native(
        "heatmap(data, title=nil, save=nil)",
        "A matrix as shades; a confusion matrix is shown by row, as fractions of the row's sum.",
        examples: [
            "heatmap(eye(3), save=\"example.svg\")"
                + "\nprint(contains(read_text(\"example.svg\"), \"<svg\"))  # expect: true"
        ]
    ) { call in
        let tensor = try call.tensor(0)
        guard tensor.rank == 2 else { throw call.wrong(0, "a matrix") }
        let isCounts =
            tensor.dtype.isInteger && tensor.labels[0] != nil && tensor.labels[0] == tensor.labels[1]
        let map = Heatmap(
            title: try call.optionalString(1), rowLabel: isCounts ? "truth" : nil,
            columnLabel: isCounts ? "prediction" : nil, rows: tensor.labels[0]?.names ?? [],
            columns: tensor.labels[1]?.names ?? [], rowCount: tensor.shape[0], columnCount: tensor.shape[1],
            values: try tensor.doubles(), shading: isCounts ? .rowShare : .value)
        return try call.present(map, save: 2)
    },
]
