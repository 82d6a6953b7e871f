// What `?` and `help()` show: every topic in one line with its likeliest names, so that all fits a screen of 24
// lines.

import SegRuntime
import SegSystem

extension Interpreter {
    /// Topics in the order of an experiment, each with the names to begin with; names that are not given follow.
    private static let leading: [(topic: String, names: [String])] = [
        ("data", ["camseq", "streets", "resize", "normalize", "augment", "split", "batches", "kfold"]),
        ("models", ["deeplabv3", "deeplabv3plus", "unet", "fcn", "lraspp", "summary", "predict", "diff"]),
        (
            "layers",
            ["Sequential", "Conv2d", "BatchNorm2d", "ReLU", "Dropout", "freeze", "unfreeze", "parameters"]
        ),
        ("training", ["trainer", "adam", "sgd", "step_lr", "cross_entropy", "dice_loss", "early_stop"]),
        ("weights", ["median_frequency", "inverse_frequency", "explain", "compare_weights"]),
        ("results", ["evaluate", "iou", "dice", "pixel_accuracy"]),
        ("experiments", ["sweep", "cross_validate", "halving"]),
        ("seeing", ["plot", "show", "overlay", "triptych", "bars", "heatmap", "table"]),
        ("tensors", ["tensor", "zeros", "sum", "mean", "where", "argmax", "reshape", "cat", "rand"]),
        ("gradients", ["value_and_grad", "grad", "no_grad"]),
        ("lists", ["len", "map", "filter", "sorted", "enumerate", "push", "keys"]),
        ("strings", ["format", "join", "split_text", "replace"]),
        ("files", ["read_csv", "write_csv", "read_json", "write_json", "read_text"]),
        ("language", ["print", "save", "load", "who", "help", "copy", "clock"]),
    ]

    /// The help topics with the likeliest names first, in the order of an experiment.
    public func leadingTopics() -> [(topic: String, names: [String])] {
        let topics = helpTopics()
        let known = Self.leading.compactMap { row -> (topic: String, names: [String])? in
            guard let names = topics.first(where: { $0.topic == row.topic })?.names else { return nil }
            let first = row.names.filter { names.contains($0) }
            return (row.topic, first + names.filter { !first.contains($0) })
        }
        return known + topics.filter { topic in !known.contains { $0.topic == topic.topic } }
    }

    /// A line for each topic, fitted to a width.
    public func helpOverview(width: Int) -> [String] {
        let topics = leadingTopics()
        let column = topics.map { TextWidth.of($0.topic) }.max() ?? 0
        return topics.map { topic, names in
            let room = max(16, width - column - 4)
            var text = ""
            for (place, name) in names.enumerated() {
                let longer = text.isEmpty ? name : text + " " + name
                if TextWidth.of(longer) + (place == names.count - 1 ? 0 : 2) > room {
                    text += " …"
                    break
                }
                text = longer
            }
            return "  " + TextWidth.pad(topic, to: column) + "  " + text
        }
    }
}
