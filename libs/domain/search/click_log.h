#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "libs/base/bytes.h"
#include "libs/domain/search/clicks.h"

namespace kontor::search {

// What was shown and clicked, as the click model reads it: Impressions number queries by `queries`, documents by the
// products of their query.
struct ClickedAnswers {
  struct Query {
    std::string text;                   // as first asked
    std::vector<std::string> products;  // by document
  };
  std::vector<Query> queries;
  std::vector<Impressions> impressions;
};

// Which products stood at which places of answers, and which of them were clicked: folded from events in the order of
// the log, the same in every process that reads the same log. Places below kPlaces, and products beyond kProductsMax of
// a query, are left out. Of queries the longest unseen go first, of answers the oldest. Not thread-safe.
class ClickLog {
 public:
  static constexpr size_t kPlaces = 50, kProductsMax = 500;
  static constexpr size_t kEntriesMax = 1'000'000;  // of a query, a product and a place; 32 bytes each
  static constexpr size_t kAnswersMax = 100'000;    // whose clicks can still come

  // An answer's products, best first. `form` is the query's normal form, `answer_id` 0 where the event names none:
  // whose clicks cannot be told are not counted as shown. An answer counts once.
  void Shown(absl::string_view form, absl::string_view text, absl::Span<const std::string> products,
             uint64_t answer_id);
  // A product of an answer; repeated clicks count once.
  void Clicked(absl::string_view product, uint64_t answer_id);

  // By query in the order of their forms, then product and place. Cost: a sort of all entries.
  ClickedAnswers Read() const;

  void Save(base::ByteWriter& out) const;
  absl::Status Load(base::ByteReader& in);  // DATA_LOSS

 private:
  struct Counts {
    uint32_t shown = 0, clicked = 0;
  };
  struct Query {
    std::string text;
    uint64_t number = 0;  // tells it from an earlier one of its form
    uint64_t seen = 0;    // when, in answers
    absl::flat_hash_map<std::string, uint16_t> products;
    absl::flat_hash_map<uint32_t, Counts> counts;  // by product * kPlaces + place
  };
  struct Answer {
    std::string form;
    uint64_t query = 0;              // Query::number
    std::vector<uint16_t> products;  // by place; kLeftOut: not counted
    std::bitset<kPlaces> clicked;
  };
  static constexpr uint16_t kLeftOut = UINT16_MAX;

  static uint32_t KeyOf(uint16_t product, size_t place) { return static_cast<uint32_t>(product * kPlaces + place); }
  void MakeRoom();

  absl::node_hash_map<std::string, Query> queries_;
  absl::flat_hash_map<uint64_t, Answer> answers_;
  std::deque<uint64_t> answer_order_;
  uint64_t shown_ = 0;  // answers so far
  size_t entries_ = 0;
};

}  // namespace kontor::search
