package import NIOCore

extension Channel {
    /// Closes the channel, or finds it closed, and returns when it is.
    package func closeAndWait() async {
        self.close(promise: nil)
        await withCheckedContinuation { continuation in
            self.closeFuture.whenComplete { _ in continuation.resume() }
        }
    }
}
