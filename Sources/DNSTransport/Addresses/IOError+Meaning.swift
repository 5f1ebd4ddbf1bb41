import NIOCore

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension IOError {
    /// Another socket has the port.
    var isAddressInUse: Bool { self.errnoCode == EADDRINUSE }

    /// Nobody listens at the other end.
    var isRefusal: Bool { self.errnoCode == ECONNREFUSED }
}
