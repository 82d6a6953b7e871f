// `seg new DIR`: the folder of an experiment, with a script that runs as it is, a note on the data and a place for
// results.

import SegSystem

enum ExperimentFolder {
    /// Makes the folder, which must be new or empty.
    /// - Returns: the files in it.
    static func make(_ path: String) throws -> [String] {
        if FileStatus.exists(path) {
            guard FileStatus(path)?.kind == .folder else {
                throw SystemError(.file, "\(path) is no folder")
            }
            guard try Folder.entries(of: path, limit: 1).isEmpty else {
                throw SystemError(.file, "\(path) is not empty; nothing was written")
            }
        }
        try Folder.make(path)
        let name = (Folder.resolved(path) ?? path).split(separator: "/").last.map(String.init) ?? path
        for folder in ["data", "results"] { try Folder.make("\(path)/\(folder)") }
        for (file, text) in files(name) { try AtomicFile.write(text, to: "\(path)/\(file)") }
        return files(name).map(\.0)
    }

    private static func files(_ name: String) -> [(String, String)] {
        [
            ("experiment.seg", script(name)), ("README.md", note(name)), ("data/README.md", dataNote),
            ("results/README.md", resultsNote),
        ]
    }

    private static func script(_ name: String) -> String {
        """
        # \(name): what this experiment asks, in a sentence.
        #
        #     seg experiment.seg [EPOCHS]
        epochs = if len(args) > 0 { number(args[0]) } else { 10 }

        # Drawn streets, until your own pictures are in data/:
        # data = folder(images="data/images", masks="data/masks", classes=["Ground", "Other"])
        data = streets(count=24, size=[48, 64], seed=1).normalize()
        train, val = split(data, [0.75, 0.25])

        seed(1)
        model = unet(classes=data.classes, depth=2, width=8)
        run = trainer(model, train, val, loss=cross_entropy(), optimizer=adam(lr=1e-2), batch=4,
                      epochs=epochs, autosave="results/last.run")
        for epoch in run { print(epoch) }

        # Results, each in a file.
        result = evaluate(run.best.model, val)
        print(result)
        write_csv(run.history, "results/history.csv")
        write_csv(result.classes(), "results/classes.csv")
        plot(run, save="results/curves.svg")
        save_weights(run.best.model, "results/model.pth")

        """
    }

    private static func note(_ name: String) -> String {
        """
        # \(name)

        Question: what is compared, and what would be a surprise.

        Run: `seg experiment.seg` in this folder. What it writes is in `results/`; `load("results/last.run")` at the
        prompt continues a run that was stopped.

        Findings: numbers with their spread over folds or seeds, and what was not tried.

        """
    }

    private static let dataNote = """
        # Data

        - Source and licence:
        - Pictures: how many, their size, how they were taken
        - Masks: classes, and what marks each (colours, numbers); what is void
        - Parts: which pictures train, which validate, which are seen once, at the end
        - Changes to the files:

        Pictures in `images/` and masks in `masks/` have the same names.

        """

    private static let resultsNote = """
        # Results

        `experiment.seg` writes here: `history.csv` (a row an epoch), `classes.csv` (measures by class), `curves.svg`,
        `model.pth` (for PyTorch too) and `last.run` (the run, to continue).

        """
}
