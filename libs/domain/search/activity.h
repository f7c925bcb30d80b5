#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/node_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "libs/base/bytes.h"

namespace kontor::search {

// What became of searches, of one day or several.
struct SearchCounts {
  int64_t searches = 0;
  int64_t without_results = 0;
  int64_t clicked_searches = 0;  // with at least one click
  int64_t clicks = 0;
  double reciprocal_ranks = 0;  // of the best clicked place of each clicked search
  int64_t cart_searches = 0;    // after which a product was put into the cart
  int64_t bought_searches = 0;
  std::map<std::string, int64_t> revenue_nanos;  // by currency

  void Add(const SearchCounts& other);
};

// What an experiment made of an answer.
struct Exposure {
  enum class Side : uint8_t { kBaseline = 0, kCandidate = 1, kBoth = 2 };
  std::string experiment;  // empty: the answer is in none
  Side side = Side::kBaseline;
  uint64_t candidate_places = 0;      // kBoth: bit i: place i + 1 is the candidate's
  std::vector<std::string> products;  // kBoth: by place; the first 64 count
};

// One day of an experiment.
struct ExperimentCounts {
  SearchCounts baseline, candidate;  // of answers that one of the two made
  // Of answers that both made, with a click: those of which more clicks fell on the one's, the other's, on both alike.
  int64_t baseline_wins = 0, candidate_wins = 0, ties = 0;

  void Add(const ExperimentCounts& other);
};

// How often products and queries are wanted: folded from events in the order of the log, the same in every process that
// reads the same log. Popularity fades by half every 30 days. At most kQueriesMax queries and kAnswersMax answers are
// remembered; of queries the longest unseen go first. Not thread-safe.
class Activity {
 public:
  static constexpr size_t kQueriesMax = 500'000;
  static constexpr size_t kAnswersMax = 300'000;
  static constexpr size_t kProductsOfQueryMax = 50;
  static constexpr int kDaysKept = 400;
  static constexpr size_t kExperimentsMax = 100;  // of more, the one whose last day is the oldest goes

  enum class Touch : uint8_t { kView = 0, kClick, kCart, kBuy };

  struct QueryRow {
    std::string text;  // as first asked
    int64_t last_us = 0;
    double weight = 0;                                  // searches with results, fading, at last_us
    std::map<int32_t, SearchCounts> days;               // by days since 1970
    absl::flat_hash_map<std::string, double> products;  // clicks, carts and purchases that followed, weighed
  };

  // `form` is the query's normal form; `answer_id` 0 where the event names none.
  void Searched(absl::string_view form, absl::string_view text, int64_t total_results, uint64_t answer_id,
                int64_t at_us, const Exposure& exposure = {});
  // `answer_id` as above; `rank` from 1, 0 unknown.
  void Touched(Touch touch, const std::string& product, uint64_t answer_id, int rank, int64_t at_us);
  void Bought(const std::string& product, int64_t amount_nanos, const std::string& currency, uint64_t answer_id,
              int64_t at_us);

  // Wanted at `at_us`: views, clicks, carts and purchases count 1, 2, 5 and 10.
  double Popularity(absl::string_view product, int64_t at_us) const;
  // Of every product that was ever wanted.
  void ForEachPopularity(int64_t at_us, absl::FunctionRef<void(const std::string& product, double)> visit) const;
  // Products whose popularity has changed since the last call.
  std::vector<std::string> TakeChanged();

  const absl::node_hash_map<std::string, QueryRow>& queries() const { return queries_; }
  // By id, then days since 1970.
  const std::map<std::string, std::map<int32_t, ExperimentCounts>>& experiments() const { return experiments_; }
  double WeightOf(const QueryRow& query, int64_t at_us) const;

  void Save(base::ByteWriter& out) const;
  absl::Status Load(base::ByteReader& in);  // DATA_LOSS

 private:
  struct Wanted {
    double weight = 0;
    int64_t at_us = 0;
  };
  struct Answer {
    uint64_t id = 0;
    std::string form;
    int32_t day = 0;
    int best_rank = 0;  // clicked; 0: none
    bool carted = false, bought = false;
    std::string experiment;
    Exposure::Side side = Exposure::Side::kBaseline;
    std::vector<uint64_t> shown;  // kBoth: hashes of products by place
    uint64_t candidate_places = 0, clicked_places = 0;
  };
  void Want(const std::string& product, double weight, int64_t at_us);
  Answer* Find(uint64_t answer_id);
  // Where it counts: its query's day and, in an experiment, its side's. Empty where the query is forgotten.
  std::vector<SearchCounts*> CountsOf(const Answer& answer);
  ExperimentCounts& DayOfExperiment(const Answer& answer);
  void Credit(Answer& answer, const std::string& product);
  void Follow(Answer& answer, const std::string& product, double weight);
  void MakeRoom();

  absl::flat_hash_map<std::string, Wanted> products_;
  absl::node_hash_map<std::string, QueryRow> queries_;
  absl::flat_hash_map<uint64_t, Answer> answers_;
  std::deque<uint64_t> answer_order_;
  std::map<std::string, std::map<int32_t, ExperimentCounts>> experiments_;
  std::vector<std::string> changed_;
};

}  // namespace kontor::search
