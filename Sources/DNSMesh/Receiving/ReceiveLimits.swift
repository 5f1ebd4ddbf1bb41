/// The times and widths of one pass over the mailbox.
struct ReceiveLimits: Sendable {
    /// How long one slot may take to answer.
    var slotTimeout = Duration.seconds(5)
    /// How long one chunk may take to answer.
    var chunkTimeout = Duration.seconds(5)
    /// After this time without enough chunks, as many more are asked for as are outstanding.
    var hedgeDelay = Duration.milliseconds(400)
    /// How long all chunks of one message may take.
    var messageTimeout = Duration.seconds(15)
    /// How long finding out whether the signers' keys still count may take.
    var keyTimeout = Duration.seconds(5)
    /// How long looking up a sender's address may take.
    var labelTimeout = Duration.seconds(2)
    /// How long used prekeys are being withdrawn at the end of a pass.
    var withdrawalTimeout = Duration.seconds(10)
    /// How many messages of a zone are opened at the same time.
    var messageWidth = 16
    /// How many messages of one signer may fail for want of chunks before the rest waits for the next pass.
    var incompletePerSigner = 8
}
