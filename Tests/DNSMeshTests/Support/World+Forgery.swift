import DMPNetwork
import DMPProtocol
import DNSMesh
import Testing

extension World {
    /// What an attacker does who is a contact: the same chunks under the attacker's name and signature.
    func republish(
        _ receipt: SendReceipt,
        of sender: User,
        as attacker: User,
        for recipient: User
    ) async throws {
        let slot = try OwnerName.slot(receipt.messageID.slot, of: recipient.keys.userID, in: self.zone)
        let value = try #require(await self.store.values(at: slot).first)
        let stolen = try Signed<SlotManifest>(parsing: value, now: self.now).body
        let forged = try SlotManifest(
            messageID: stolen.messageID,
            sender: attacker.keys.signingKey,
            recipient: stolen.recipient,
            shareCount: stolen.shareCount,
            dataCount: stolen.dataCount,
            prekey: stolen.prekey,
            issued: stolen.issued,
            expires: stolen.expires,
            chunkHashes: stolen.chunkHashes
        )
        for index in 0..<stolen.shareCount {
            let chunk = try #require(
                await self.store.values(at: .chunk(index, of: stolen.chunkKey, in: self.zone)).first
            )
            await self.store.insert(chunk, at: try .chunk(index, of: forged.chunkKey, in: self.zone), ttl: 300)
        }
        await self.store.insert(try forged.signed(by: attacker.keys.ed25519).value, at: slot, ttl: 300)
    }
}
