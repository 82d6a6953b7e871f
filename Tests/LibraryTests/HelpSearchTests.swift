// The help's search: what people mean by words of other libraries, in any order and form.

import SegRuntime
import Testing

@testable import SegLibrary

@Test func synonymsNameWhatExists() {
    let interpreter = Interpreter.standard()
    for synonym in HelpSynonym.all {
        for name in synonym.names {
            #expect(interpreter.helpEntry(onNameOrTopic: name) != nil, "\(synonym.phrases): \(name)")
        }
    }
}

@Test func formsCoverTheKeywords() {
    for keyword in [
        "and", "or", "not", "if", "else", "for", "in", "while", "break", "continue", "return", "try",
        "catch", "global", "import", "type", "self", "true", "false", "nil", "is",
    ] {
        #expect(HelpForm.named(keyword) != nil, "\(keyword)")
    }
    for form in HelpForm.all { #expect(form.entry.summary.count <= 110, "\(form.names)") }
}

/// What is searched for, and what comes first.
private let searches = [
    ("early stopping", "early_stop"), ("stop early", "early_stop"), ("cross validation", "cross_validate"),
    ("scheduler", "step_lr"), ("crop", "crop"), ("batch size", "trainer"), ("overfitting", "early_stop"),
    ("checkpoint", "save"), ("DataLoader", "batches"), ("data loaders", "batches"),
    ("confusion matrix", "confusion"), ("matrix of confusion", "confusion"), ("learning rate", "adam"),
    ("how do I save a model", "save_weights"), ("transfer learning", "freeze"), ("mIoU", "iou"),
    ("max", "max"), ("pooling", "MaxPool2d"), ("layers", "layers"), ("number of parameters", "summary"),
    ("for loop", "for"), ("dictionary", "dict"), ("train_test_split", "split"), ("nn.Module", "type"),
    ("class imbalance", "weights"), ("matplotlib", "plot"), ("tqdm", "progress"), ("einsum", "matmul"),
]

@Test func searchesFind() {
    let interpreter = Interpreter.standard()
    for (text, name) in searches {
        #expect(interpreter.helpSearch(text).entries.first?.name == name, "\(text)")
    }
}

@Test func searchesOfNothing() {
    let interpreter = Interpreter.standard()
    #expect(interpreter.helpSearch("zzz").isEmpty)
    #expect(interpreter.helpSearch("").isEmpty)
    #expect(interpreter.helpSearch("?!").isEmpty)
    #expect(interpreter.helpSearch("GPU").notes.first?.contains("--threads") == true)
    #expect(
        SearchWords.stem("stopping") == "stop" && SearchWords.stem("classes") == SearchWords.stem("class"))
}

@Test func theOverviewFitsAScreen() {
    let interpreter = Interpreter.standard()
    let lines = interpreter.helpOverview(width: 80)
    #expect(lines.count <= 15)
    #expect(lines.allSatisfy { $0.count <= 80 })
    #expect(Set(interpreter.leadingTopics().map(\.topic)) == Set(interpreter.helpTopics().map(\.topic)))
}
