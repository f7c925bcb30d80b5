#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// Errors as users meet them: a canonical code, one sentence that says what to do, a machine-readable reason and,
// for bad input, every violation at once. The runtime turns them into google.rpc.Status with ErrorInfo and BadRequest.
namespace kontor::base {

// One wrong field of a request. `field` is a proto path such as "order.lines[3].amount".
struct Violation {
  std::string field;
  std::string description;
  std::string reason;  // UPPER_SNAKE_CASE, stable; counted in reports
};

// Builds an error with an ErrorInfo reason (UPPER_SNAKE_CASE, stable) and a sentence.
absl::Status Error(absl::StatusCode code, absl::string_view reason, absl::string_view message);

// Collects violations; ToStatus is OK when there are none, else INVALID_ARGUMENT that carries them all.
class Violations {
 public:
  void Add(absl::string_view field, absl::string_view reason, absl::string_view description);
  bool empty() const { return list_.empty(); }
  const std::vector<Violation>& list() const { return list_; }
  absl::Status ToStatus() const;

 private:
  std::vector<Violation> list_;
};

// What Error and Violations put into a status; "" and {} when the status carries none.
std::string ErrorReason(const absl::Status& status);
std::vector<Violation> ErrorViolations(const absl::Status& status);

// The same status with "context: " in front of its message; reason and violations are kept.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

}  // namespace kontor::base

#define KONTOR_CONCAT_INNER(a, b) a##b
#define KONTOR_CONCAT(a, b) KONTOR_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                                         \
  do {                                                                      \
    if (absl::Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)

#define ASSIGN_OR_RETURN(target, expression) ASSIGN_OR_RETURN_IMPL(KONTOR_CONCAT(or_, __LINE__), target, expression)
#define ASSIGN_OR_RETURN_IMPL(temporary, target, expression) \
  auto temporary = (expression);                             \
  if (!temporary.ok()) return temporary.status();            \
  target = std::move(temporary).value()
