#pragma once

#include "absl/status/status.h"
#include "libs/platform/postgres/transaction.h"
#include "services/recommendations/outcome_rows.h"

// Orders as far as they decide about outcomes: table outcome_orders.
namespace kontor::recommendations {

// Takes out orders without a token whose person has touched nothing on an answer: of most orders nothing is kept. One
// that comes before its person's first touch is thus passed over.
absl::Status DropUntouched(postgres::Transaction& transaction, OutcomeRows& rows);

// Writes orders whose revision is new; adds the answers that they name, or named, and what their people may have bought
// without naming one.
absl::Status WriteOutcomeOrders(postgres::Transaction& transaction, const OutcomeRows& rows,
                                OutcomeRows::Answers& answers, OutcomeRows::Wants& wants);

}  // namespace kontor::recommendations
