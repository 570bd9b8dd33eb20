/// URLs as they may be shown: without the user and the password in front of the host.
public enum RedactedURL {
    /// Of what is no URL only the part that can't be one of these is left.
    public static func text(_ url: String) -> String {
        guard let end = url.firstRange(of: "://") else {
            return url.contains("@") ? "…" + url[(url.lastIndex(of: "@") ?? url.startIndex)...] : url
        }
        let rest = url[end.upperBound...]
        guard let at = rest.lastIndex(of: "@") else { return url }
        return url[..<end.upperBound] + "…" + rest[at...]
    }
}
