import DMPProtocol
import Foundation

/// The bearer token that `register` saved for a node. Source: protocol documents, "Files on disk", section 7.
struct SavedToken: Decodable {
    private let token: String
    private let expires: Double?

    private enum CodingKeys: String, CodingKey {
        case token
        case expires = "expires_at"
    }

    /// Clocks differ: the node decides about a token that expired less than this long ago.
    private static let graceSeconds = 300.0
    private static let byteLimit = 65_536

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.token = try container.decode(String.self, forKey: .token)
        // Anything but a number means that the token doesn't expire.
        self.expires = try? container.decode(Double.self, forKey: .expires)
    }

    /// - Returns: `nil` if none was saved for the host, or what was saved can't be used any more.
    static func text(forHost host: String, in folder: URL, now: UnixSeconds) -> String? {
        guard let name = self.fileName(forHost: host),
            let data = try? Data(contentsOf: folder.appending(path: name)), data.count <= self.byteLimit,
            let saved = try? JSONDecoder().decode(SavedToken.self, from: data), !saved.token.isEmpty
        else { return nil }
        if let expires = saved.expires, expires > 0, Double(now.rawValue) >= expires + self.graceSeconds { return nil }
        return saved.token
    }

    /// The host becomes part of a path: only letters, digits, dots and hyphens pass.
    private static func fileName(forHost host: String) -> String? {
        let name = host.lowercased().trimmingCharacters(in: CharacterSet(charactersIn: ". \t\r\n"))
        let isPlain = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x61...0x7a, UInt8(ascii: "."), UInt8(ascii: "-"): true
            default: false
            }
        }
        guard isPlain, (1...254).contains(name.utf8.count), name.first != "-", name.last != "-" else { return nil }
        return "\(name).json"
    }
}
