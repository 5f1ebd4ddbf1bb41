import DMPNetwork
import DMPProtocol
import DNSMesh
import DNSTransport
import Foundation

/// Answers every message of its friends with the same text.
///
///     DMP_PASSPHRASE=… EchoBot NAME ZONE NODE-URL DNS-ADDRESS FOLDER FRIEND@HOST…
@main
struct EchoBot {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 6, let passphrase = ProcessInfo.processInfo.environment["DMP_PASSPHRASE"] else {
            print("usage: DMP_PASSPHRASE=… EchoBot NAME ZONE NODE-URL DNS-ADDRESS FOLDER FRIEND@HOST…")
            return
        }
        let configuration = MeshConfiguration(username: try Username(arguments[0]), zone: try ZoneName(arguments[1]))
        let keys = try IdentityKeys.derive(passphrase: Array(passphrase.utf8), salt: Array("salt of EchoBot".utf8))
        let stores = try MeshStores.directory(URL(fileURLWithPath: arguments[4]))
        try await withHTTPRecordWriter(to: HTTPEndpoint(arguments[2]), token: nil) { writer in
            try await withUpstreamReader(UpstreamAddress(arguments[3])) { reader in
                let bot = try DMPClient(
                    keys: keys,
                    configuration: configuration,
                    reader: reader,
                    writer: writer,
                    contacts: MemoryContactStore(),
                    stores: stores
                )
                try await befriend(arguments[5...], of: bot)
                async let upkeep: Void = bot.runUpkeep()  // keeps the identity and the one-time keys published
                try await echo(bot)
                try await upkeep
            }
        }
    }

    /// Publishes the bot's own identity and pins those of its friends. In real life, compare fingerprints first.
    private static func befriend(_ friends: ArraySlice<String>, of bot: DMPClient) async throws {
        let published = try await bot.publishIdentity()
        _ = try await bot.refreshPrekeys()
        print("published \(published.owner)")
        for friend in friends {
            let address = try UserAddress(canonicalizing: friend)
            let query = IdentityQuery.address(username: address.username, host: address.host)
            _ = try await bot.contacts.add(try await bot.fetchIdentity(query), as: friend, zone: address.host)
        }
    }

    private static func echo(_ bot: DMPClient) async throws {
        for try await message in bot.messages(every: .seconds(1)) {
            guard let friend = message.contact else { continue }
            print("\(friend): \(message.body.count) bytes")
            do {
                _ = try await bot.send(message.body, to: friend)
            } catch let error as MeshError {
                print("no answer to \(friend): \(error)")  // the next message may fare better
            }
        }
    }
}
