#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "libs/platform/postgres/transaction.h"
#include "services/recommendations/attribution_token.h"
#include "services/recommendations/decode.h"

namespace kontor::recommendations {

// What a batch says about the answers of this service, in the order of keys.
struct OutcomeRows {
  using Wants = std::set<std::tuple<std::string, std::string, std::string>>;  // shop, subject, product
  using AnswerKey = std::pair<std::string, int64_t>;                          // shop, the token's 64 bits
  using Answers = std::set<AnswerKey>;
  struct Shown {
    AttributionToken token;
    absl::Time at;  // for the first time
    std::string subject;
    std::map<int, std::string> places;
  };
  using Touch = std::tuple<std::string, std::string, std::string, int64_t, absl::Time, bool>;  // as the table's key
  struct Order {
    int64_t revision = -1, fingerprint = 0;
    std::string subject, visitor;
    absl::Time at;
    std::optional<int64_t> answer;
    std::vector<std::string> products;
    bool cancelled = false;

    // Takes over what is newer; true when something changed.
    bool Merge(const Order& other);
  };
  using OrderKey = std::pair<std::string, std::string>;  // shop, id

  std::map<AnswerKey, Shown> shown;
  std::set<Touch> touches;
  std::map<OrderKey, Order> orders;
  std::map<std::string, absl::Time> newest;  // by shop, of the events above

  // Takes in what a record says; nothing for most.
  void Add(const DecodedRecord& record);
  bool empty() const { return newest.empty(); }
};

// Writes rows, and brings everything up to date that follows from them: the outcomes are a function of the set of all
// rows. Takes an advisory lock for each shop, as two partitions may bring the two halves of one outcome at once.
// About 15 statements, whatever the number of rows.
absl::Status WriteOutcomes(postgres::Transaction& transaction, const OutcomeRows& rows);

}  // namespace kontor::recommendations
