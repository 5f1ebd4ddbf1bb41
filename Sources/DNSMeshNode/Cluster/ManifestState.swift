internal import DMPProtocol
private import Foundation
internal import Logging

/// How the node stands with the manifest in its operator's file. Each change of it is logged once.
enum ManifestState: Hashable, Sendable {
    /// There is no file.
    case missing
    /// The file holds nothing that clients would accept, and why.
    case refused(String)
    /// The store holds a newer manifest of the same operator.
    case superseded(sequence: UInt64, by: UInt64)
    /// The manifest is published.
    case published(Signed<ClusterManifest>, endsSoon: Bool)
    /// The store failed, or has no room at the name.
    case unstored(String)

    /// How long before its expiry a manifest is called to the operator's mind, in seconds: a week.
    private static let warningTime: UInt64 = 604_800

    static func published(_ manifest: Signed<ClusterManifest>, now: UnixSeconds) -> ManifestState {
        .published(manifest, endsSoon: now.seconds(until: manifest.body.expires) < self.warningTime)
    }

    /// Tells the operator.
    ///
    /// - Parameters:
    ///   - path: The name of the file.
    ///   - isExpected: Whether the operator has named the file, so that it should be there.
    ///   - logger: Where it is logged.
    func log(path: String, isExpected: Bool, to logger: Logger) {
        switch self {
        case .missing:
            logger.log(level: isExpected ? .warning : .debug, "there is no cluster manifest at \(path)")
        case .refused(let reason):
            logger.error("the cluster manifest is not published: \(path) \(reason); what was published before stays")
        case .superseded(let sequence, let newer):
            logger.warning(
                "the cluster manifest in \(path) has seq \(sequence), and seq \(newer) is published already; renew the file"
            )
        case .published(let manifest, let endsSoon):
            let (body, expiry) = (manifest.body, Self.text(manifest.body.expires))
            logger.info(
                "cluster manifest published at cluster.\(body.name.zone): seq \(body.sequence), \(body.nodes.count) nodes, until \(expiry)"
            )
            if endsSoon {
                logger.warning(
                    "the cluster manifest expires at \(expiry): sign one with a higher seq and put it into \(path)"
                )
            }
        case .unstored(let reason):
            logger.error("the cluster manifest can't be stored: \(reason)")
        }
    }

    private static func text(_ time: UnixSeconds) -> String {
        LogTime.text(milliseconds: time.rawValue.multipliedReportingOverflow(by: 1_000).partialValue)
    }
}
