public import DMPNetwork

/// What one pass over the mailbox found.
public struct ReceiveReport: Sendable {
    /// Messages that nobody was handed before, oldest first. They lie in the inbox.
    public let messages: [ReceivedMessage]
    /// How many messages of strangers were put into the queue of intros, see ``DMPClient/intros``.
    public let newIntros: Int
    /// How many finds were not delivered, by reason.
    public let dropped: [DropReason: Int]
    /// Why some names could not be read; mail may wait there.
    public let failures: [NetworkFailure]
    /// How many mailbox names were asked for.
    public let namesAsked: Int
    /// Contacts whose keys were replaced as their owners have said so, signed with the old and the new key.
    public let keyChanges: [KeyChange]
}
