//! One figure on two surfaces is one number: live figures and roll-ups.
