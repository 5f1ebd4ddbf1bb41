internal import DMPProtocol
private import Dispatch
private import Foundation

/// The file from which the operator gives the node its cluster's manifest.
///
/// Source: protocol documents, "The DMP node", sections 2.3 and 6.6.
struct ManifestFile: Hashable, Sendable {
    let path: String

    /// More than this is no manifest: the longest has 1,200 bytes.
    private static let byteLimit = 65_536

    enum Content: Hashable, Sendable {
        /// There is no such file.
        case missing
        /// The text of the record; nothing about it is verified.
        case value(TXTValue)
        /// Why the file holds no record, in words that follow the name of the file.
        case refused(String)
    }

    /// Reads the file, which may block a thread, but none of those that tasks share.
    func read() async -> Content {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: self.readNow()) }
        }
    }

    private func readNow() -> Content {
        let file = URL(fileURLWithPath: self.path).resolvingSymlinksInPath()
        guard FileManager.default.fileExists(atPath: file.path) else { return .missing }
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
            guard attributes[.type] as? FileAttributeType == .typeRegular else { return .refused("is no regular file") }
            let size = (attributes[.size] as? NSNumber)?.intValue ?? .max
            guard size <= Self.byteLimit else { return .refused("is larger than \(Self.byteLimit) bytes") }
            return Self.content(of: try [UInt8](Data(contentsOf: file)))
        } catch {
            return .refused("can't be read: \(SystemReason.of(error))")
        }
    }

    /// Takes the text of a record with white space around it, or a JSON object with the text as `wire`.
    static func content(of bytes: [UInt8]) -> Content {
        guard let text = String(validating: bytes, as: UTF8.self)?.trimmingASCIIWhitespace() else {
            return .refused("is neither a signed manifest nor JSON")
        }
        guard text.first == "{" else {
            return text.isEmpty ? .refused("is empty") : .value(TXTValue(String(text)))
        }
        do throws(JSONError) {
            guard case .string(let wire)? = try JSONObject(bytes[...])["wire"] else {
                return .refused("has no member wire, so there is no signed manifest to publish")
            }
            return .value(TXTValue(wire))
        } catch {
            return .refused("is neither a signed manifest nor JSON")
        }
    }
}
