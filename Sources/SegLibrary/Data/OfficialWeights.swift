// The weight files that torchvision published: the file for a model, its location on this machine, or its
// download if it is missing. Download runs the child process that fetches it.

import SegRuntime
import SegSystem
import SegTensor

/// An official weight file.
struct OfficialWeights {
    /// The name under which it was published; it ends with the first digits of its SHA-256.
    let file: String
    /// Its size as torchvision states it, for the message about the download.
    let megabytes: Int

    /// Whole segmentation models, trained on COCO with the 20 classes of VOC and background.
    private static let coco: [(model: String, weights: OfficialWeights)] = [
        ("deeplabv3_resnet101", .init(file: "deeplabv3_resnet101_coco-586e9e4e.pth", megabytes: 233)),
        ("deeplabv3_resnet50", .init(file: "deeplabv3_resnet50_coco-cd0a2569.pth", megabytes: 161)),
        (
            "deeplabv3_mobilenet_v3_large",
            .init(file: "deeplabv3_mobilenet_v3_large-fc3c493d.pth", megabytes: 42)
        ),
        ("fcn_resnet101", .init(file: "fcn_resnet101_coco-7ecb50ca.pth", megabytes: 208)),
        ("fcn_resnet50", .init(file: "fcn_resnet50_coco-1167a1af.pth", megabytes: 135)),
        ("lraspp_mobilenet_v3_large", .init(file: "lraspp_mobilenet_v3_large-d234d4ea.pth", megabytes: 12)),
    ]

    /// Classifiers trained on ImageNet, whose features are the models' backbones.
    private static let imagenet: [(model: String, weights: OfficialWeights)] = [
        ("resnet101", .init(file: "resnet101-63fe2227.pth", megabytes: 171)),
        ("resnet50", .init(file: "resnet50-0676ba61.pth", megabytes: 98)),
        ("mobilenet_v3_large", .init(file: "mobilenet_v3_large-8738ca79.pth", megabytes: 21)),
        ("mobilenet_v2", .init(file: "mobilenet_v2-b0353104.pth", megabytes: 14)),
    ]

    /// The file of a model. For `imagenet` the name of a segmentation model means its backbone.
    init(model: String, kind: String) throws {
        let table: [(model: String, weights: OfficialWeights)]
        switch kind {
        case "coco": table = Self.coco
        case "imagenet": table = Self.imagenet
        default:
            throw Failure(
                .value, "there are no official weights \(quotedText(kind))",
                help: "the kinds are \"coco\" and \"imagenet\"",
                argument: 1)
        }
        let found = table.first {
            $0.model == model || (kind == "imagenet" && model.hasSuffix("_" + $0.model))
        }
        guard let found else {
            let names = table.map(\.model)
            let backbone = kind == "coco" && Self.imagenet.contains { model.hasSuffix($0.model) }
            throw Failure(
                .value, "there are no official \(kind) weights for \(model)",
                help: backbone
                    ? "weights=\"imagenet\" gives its backbone; \(kind) weights have \(names.joined(separator: ", "))"
                    : nearestName(to: model, among: names).map { "did you mean \(quotedText($0))?" }
                        ?? "there are some for \(names.joined(separator: ", "))",
                argument: 0)
        }
        self = found.weights
    }

    private init(file: String, megabytes: Int) {
        self.file = file
        self.megabytes = megabytes
    }

    /// The file's path on this machine: in seg's own cache, or in PyTorch's, or downloaded into seg's cache.
    func path(_ interpreter: Interpreter) throws -> String {
        for folder in [Self.folder, Self.hubFolder] {
            guard let found = folder.map({ $0 + "/" + file }), FileStatus(found)?.kind == .file else {
                continue
            }
            try check(found, interpreter)
            return found
        }
        let base = Environment.variable("SEG_WEIGHTS_URL") ?? "https://download.pytorch.org/models"
        let address = base + (base.hasSuffix("/") ? "" : "/") + file
        guard let folder = Self.folder else {
            throw Failure(
                .file, "there is no folder for \(address): neither SEG_CACHE nor HOME is set",
                help: "set SEG_CACHE to a folder; the file is stored in its subfolder weights")
        }
        let download = Download(
            address: address, file: file, folder: folder, digits: SHA256.digits(inName: file),
            megabytes: megabytes)
        do {
            try Folder.make(folder)
            try download.run(interpreter)
        } catch let error as SystemError where error.kind == .file {
            throw Failure(
                .file, error.message,
                help:
                    "\(address) is stored in \(folder); SEG_CACHE in the environment selects another folder"
            )
        }
        return folder + "/" + file
    }

    /// A file that was found may be damaged: an incomplete copy, or a disk error.
    private func check(_ path: String, _ interpreter: Interpreter) throws {
        guard let digits = SHA256.digits(inName: file) else { return }
        let found = try SHA256.hexadecimal(of: FileReader(path)) { try interpreter.checkInterrupt() }
        guard !found.hasPrefix(digits) else { return }
        throw Failure(
            .file,
            "\(path) is damaged: its SHA-256 begins with \(found.prefix(digits.count)), not with \(digits)",
            help: "remove it to download it again; weights=PATH uses a file without this check")
    }

    /// seg's own cache of weight files; nil if the environment gives no location.
    private static var folder: String? { UserFolders().cache.map { $0 + "/weights" } }

    /// The folder of PyTorch's downloads.
    private static var hubFolder: String? {
        (Environment.variable("TORCH_HOME") ?? UserFolders().programCaches.map { $0 + "/torch" })
            .map { $0 + "/hub/checkpoints" }
    }
}

let officialWeightNatives: [Native] = [
    Native(
        "official_weights(model, kind=\"coco\")",
        "The path of the weights that torchvision published for a model. \"coco\" is for a whole model, "
            + "\"imagenet\" for its backbone. It is searched in seg's cache ($SEG_CACHE, else ~/.cache/seg) "
            + "and PyTorch's, else downloaded with curl (from the mirror $SEG_WEIGHTS_URL, if set). A file "
            + "that does not match the digits in its name is an error.",
        examples: [
            "official_weights(\"lraspp_mobilenet_v2\", \"coco\")  # expect error: there are no official coco weights for lraspp_mobilenet_v2"
        ], effect: .downloading
    ) { call in
        .string(
            try OfficialWeights(model: try call.string(0), kind: try call.string(1)).path(call.interpreter))
    }
]
