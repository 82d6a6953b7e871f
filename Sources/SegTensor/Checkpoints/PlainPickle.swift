// Files of Python's own pickle.dump: dictionaries of NumPy arrays, as some model collections publish them. The
// reader is the one of PyTorch's files; a tensor that pickle.dump wrote is refused.

import SegSystem

enum PlainPickle {
    /// Whether a file begins as a pickle of protocol 2 to 5.
    static func matches(_ head: [UInt8]) -> Bool {
        head.count > 2 && head[0] == 0x80 && (2...5).contains(head[1])
    }

    static func open(_ file: FileReader, _ section: String?) throws -> Checkpoint {
        do {
            var stream = ByteStream(file)
            let pickle = try PickleReader.read(&stream)
            let state = try TorchStateDict(pickle, file: file.path, section: section)
            let tensors = try state.tensors(pickle, file) { _, tensor in
                throw TensorError(
                    .file, "the numbers of tensor '\(FileText.shown(tensor))' are not in it")
            }
            return try state.checkpoint(.pickle, tensors, file)
        } catch let error as TensorError where error.kind == .file {
            throw TensorError(
                .file,
                "\(file.path) is a plain Python pickle, not a file that torch.save wrote: \(error.message)",
                help: error.help
                    ?? "of such files seg reads names to NumPy arrays; torch.save(model.state_dict(), \"weights.pth\") writes one that it reads"
            )
        }
    }
}
