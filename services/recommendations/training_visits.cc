#include "services/recommendations/training_visits.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "libs/base/status.h"

namespace kontor::recommendations {
namespace {

constexpr int64_t kChunk = 20'000;

// One step of one session.
struct Row {
  uint32_t session = 0;
  uint32_t user = kNone;
  VisitStep step;
};

class Steps {
 public:
  Steps(const Catalogue& catalogue, absl::FunctionRef<uint32_t(absl::string_view)> user_of)
      : catalogue_(catalogue), user_of_(user_of) {}

  void Add(const postgres::Result& rows) {
    for (int r = 0; r < rows.rows(); ++r) {
      const auto item = catalogue_.products.Find(rows.Text(r, 6));
      const int64_t kind = rows.Int64(r, 5);
      if (!item || kind < 0 || kind > static_cast<int64_t>(StepKind::kUncarted)) continue;
      const absl::string_view subject = rows.Text(r, 4);
      rows_.push_back({sessions_.Intern(rows.Text(r, 3)),
                       subject.empty() ? kNone : user_of_(subject),
                       {absl::ToUnixSeconds(rows.Time(r, 0)), *item, static_cast<StepKind>(kind)}});
    }
  }

  // A session that a customer begins as a visitor is theirs from its first step.
  Visits Build() && {
    std::reverse(rows_.begin(), rows_.end());  // as the log has them, where times are equal
    std::stable_sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
      return std::tie(a.session, a.step.time_seconds) < std::tie(b.session, b.step.time_seconds);
    });
    Visits visits;
    std::vector<VisitStep> steps;
    for (size_t begin = 0, end = 0; begin < rows_.size(); begin = end) {
      steps.clear();
      uint32_t user = kNone;
      for (end = begin; end < rows_.size() && rows_[end].session == rows_[begin].session; ++end) {
        steps.push_back(rows_[end].step);
        if (rows_[end].user != kNone) user = rows_[end].user;
      }
      visits.Add(user, steps);
    }
    return visits;
  }

 private:
  const Catalogue& catalogue_;
  const absl::FunctionRef<uint32_t(absl::string_view)> user_of_;
  history::Interner sessions_;
  std::vector<Row> rows_;
};

}  // namespace

absl::StatusOr<Visits> ReadVisits(postgres::Pool& pool, const std::string& shop, const Catalogue& catalogue,
                                  absl::FunctionRef<uint32_t(absl::string_view subject)> user_of,
                                  const CancelFunction& cancelled, int64_t limit) {
  Steps steps(catalogue, user_of);
  absl::Time before = absl::InfiniteFuture();
  int64_t partition = INT32_MAX, log_offset = INT64_MAX;
  while (limit > 0) {
    if (cancelled()) return absl::CancelledError("the training was cancelled");
    const int64_t chunk = std::min(kChunk, limit);
    postgres::Params params;
    params.Text(shop).Time(before).Int64(partition).Int64(log_offset).Int64(chunk);
    ASSIGN_OR_RETURN(const postgres::Result rows,
                     pool.Exec("SELECT occurred_at, partition, log_offset, session, subject, kind, product "
                               "FROM recommendations.behaviour WHERE shop = $1 "
                               "AND (occurred_at, partition, log_offset) < ($2, $3::int4, $4::int8) "
                               "ORDER BY occurred_at DESC, partition DESC, log_offset DESC LIMIT $5",
                               params));
    steps.Add(rows);
    limit -= rows.rows();
    if (rows.rows() < chunk) break;
    before = rows.Time(rows.rows() - 1, 0);
    partition = rows.Int64(rows.rows() - 1, 1);
    log_offset = rows.Int64(rows.rows() - 1, 2);
  }
  return std::move(steps).Build();
}

}  // namespace kontor::recommendations
