//! The public pages: knowledge bases, tickets, sign-in. HTML made here, readable without script. It knows no SQL and no rules.
