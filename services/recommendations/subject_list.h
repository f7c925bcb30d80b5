#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::recommendations {

// Everybody of whom an order is known, in pages. Thread-safe.
class SubjectList {
 public:
  virtual ~SubjectList() = default;
  // The next `limit` tokens behind `last`, ascending; fewer at the end.
  virtual absl::StatusOr<std::vector<std::string>> After(absl::string_view shop, absl::string_view last, int limit) = 0;
};

// In table recommendations.purchases: a walk along its index, one step a token.
class PostgresSubjectList : public SubjectList {
 public:
  explicit PostgresSubjectList(postgres::Pool& pool) : pool_(pool) {}
  absl::StatusOr<std::vector<std::string>> After(absl::string_view shop, absl::string_view last, int limit) override;

 private:
  postgres::Pool& pool_;
};

}  // namespace kontor::recommendations
