#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The system's form of an IPv4 address and port, read without going through text.
enum InternetAddress {
    static func number(of address: sockaddr_in) -> UInt32 { UInt32(bigEndian: address.sin_addr.s_addr) }
    static func port(of address: sockaddr_in) -> UInt16 { UInt16(bigEndian: address.sin_port) }
}
