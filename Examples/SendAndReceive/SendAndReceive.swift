import DMPNetwork
import DMPProtocol
import DNSMesh

/// Alice writes to Bob and Bob reads it, both in this process, on a network that is a store in memory.
@main
struct SendAndReceive {
    static func main() async throws {
        let network = MemoryRecordStore(now: UnixSeconds.systemTime)
        let alice = try client("alice", on: network)
        let bob = try client("bob", on: network)

        // Everybody publishes an identity, and one-time keys that make messages forward-secret.
        for user in [alice, bob] {
            _ = try await user.publishIdentity()
            _ = try await user.refreshPrekeys(target: 5)
        }
        try await pin("bob", for: alice)
        try await pin("alice", for: bob)

        let receipt = try await alice.send("hello bob", to: "bob")
        print("sent \(receipt.chunkCount) chunks, any \(receipt.neededChunkCount) of them are enough")

        for message in try await bob.receive().messages {
            print("from \(message.contact ?? "a stranger"): \(message.text ?? "(not text)")")
        }
    }

    private static func client(_ name: String, on network: MemoryRecordStore) throws -> DMPClient {
        let keys = try IdentityKeys.derive(
            passphrase: Array("passphrase of \(name)".utf8),
            salt: Array("salt of \(name)".utf8)
        )
        let configuration = MeshConfiguration(username: try Username(name), zone: try ZoneName("mesh.local"))
        return try DMPClient(
            keys: keys,
            configuration: configuration,
            reader: network,
            writer: network,
            contacts: MemoryContactStore(),
            stores: try .memory()
        )
    }

    /// Finds somebody's identity and accepts its keys. In real life, compare fingerprints first.
    private static func pin(_ name: String, for client: DMPClient) async throws {
        let query = IdentityQuery.name(username: try Username(name), zone: client.configuration.zone)
        let identity = try await client.fetchIdentity(query)
        _ = try await client.contacts.add(identity, as: name, zone: nil)
    }
}
