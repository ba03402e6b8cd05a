//! Full-text search over knowledge bases: an index directory of this node, fed from the journal, rebuildable at any time. It decides no
//! rights and knows no wire format.
