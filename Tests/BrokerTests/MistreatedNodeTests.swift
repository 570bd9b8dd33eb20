import Testing

/// All that kills, freezes or reconfigures the one node: one at a time, over all suites.
@Suite(.serialized) enum MistreatedNodeTests {}
