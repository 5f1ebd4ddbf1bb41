import DNSTransport

/// A resolver as Debian packages it, and how it reaches the zone of a node.
enum ResolverSetup: String, CaseIterable, CustomStringConvertible {
    case unboundForward, unboundStub, bindForward

    var description: String { self.rawValue }

    static let unbound = "/usr/sbin/unbound"
    static let named = "/usr/sbin/named"

    var program: String {
        switch self {
        case .unboundForward, .unboundStub: Self.unbound
        case .bindForward: Self.named
        }
    }

    var arguments: [String] {
        switch self {
        case .unboundForward, .unboundStub: ["-d", "-c", "resolver.conf"]
        case .bindForward: ["-g", "-c", "resolver.conf"]
        }
    }

    /// A configuration that asks nobody but the node.
    ///
    /// - Parameters:
    ///   - folder: Where the resolver keeps its files.
    ///   - port: Where it listens, on loopback.
    ///   - zone: The zone of the node.
    ///   - node: The node.
    /// - Returns: The text of the file `resolver.conf`.
    func configuration(folder: String, port: Int, zone: String, node: UpstreamAddress) -> String {
        switch self {
        case .unboundForward:
            Self.unboundServer(folder: folder, port: port)
                + "forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@\(node.port)\n"
        case .unboundStub:
            Self.unboundServer(folder: folder, port: port)
                + "stub-zone:\n name: \"\(zone)\"\n stub-addr: 127.0.0.1@\(node.port)\n"
                + "forward-zone:\n name: \".\"\n forward-addr: 127.0.0.1@\(node.port)\n"
        case .bindForward:
            Self.bindOptions(folder: folder, port: port, node: node)
                + "zone \"\(zone)\" { type forward; forward only; forwarders { 127.0.0.1 port \(node.port); }; };\n"
        }
    }

    private static func unboundServer(folder: String, port: Int) -> String {
        """
        server:
         directory: "\(folder)"
         chroot: ""
         username: ""
         pidfile: "\(folder)/resolver.pid"
         use-syslog: no
         do-daemonize: no
         interface: 127.0.0.1@\(port)
         do-ip6: no
         do-not-query-localhost: no
         module-config: "iterator"
         num-threads: 1
        remote-control:
         control-enable: no

        """
    }

    private static func bindOptions(folder: String, port: Int, node: UpstreamAddress) -> String {
        """
        options {
         directory "\(folder)";
         pid-file "\(folder)/resolver.pid";
         session-keyfile "\(folder)/session.key";
         managed-keys-directory "\(folder)";
         listen-on port \(port) { 127.0.0.1; };
         listen-on-v6 { none; };
         recursion yes;
         allow-query { 127.0.0.0/8; };
         dnssec-validation no;
         empty-zones-enable no;
         forward only;
         forwarders { 127.0.0.1 port \(node.port); };
        };
        controls { };

        """
    }
}
