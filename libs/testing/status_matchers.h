#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/status.h"

// Matchers for absl::Status and absl::StatusOr.
namespace kontor::testing {

inline const absl::Status& StatusOf(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& value) {
  return value.status();
}

// EXPECT_THAT(store.Put(x), IsOk());
MATCHER(IsOk, negation ? "is an error" : "is OK") {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
MATCHER_P(StatusIs, code, std::string(negation ? "has not code " : "has code ") + absl::StatusCodeToString(code)) {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// With base::Error's reason: EXPECT_THAT(status, StatusIs(absl::StatusCode::kAborted, "TRANSACTION_CONFLICT"));
MATCHER_P2(StatusIs, code, reason,
           std::string(negation ? "has not code " : "has code ") + absl::StatusCodeToString(code) + " and reason " +
               std::string(reason)) {
  *result_listener << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code && base::ErrorReason(StatusOf(arg)) == reason;
}

// EXPECT_THAT(Parse("3"), IsOkAndHolds(3));
MATCHER_P(IsOkAndHolds, inner, negation ? "is an error or holds another value" : "is OK and holds the value") {
  if (!arg.ok()) {
    *result_listener << arg.status().ToString();
    return false;
  }
  return ::testing::ExplainMatchResult(inner, *arg, result_listener);
}

}  // namespace kontor::testing

#define KONTOR_ASSERT_OK(expression) ASSERT_THAT((expression), ::kontor::testing::IsOk())
// Declares or assigns `target` from a StatusOr, or ends the test.
#define KONTOR_ASSERT_OK_AND_ASSIGN(target, expression) \
  KONTOR_ASSERT_OK_AND_ASSIGN_IMPL(KONTOR_CONCAT(or_, __LINE__), target, expression)
#define KONTOR_ASSERT_OK_AND_ASSIGN_IMPL(temporary, target, expression) \
  auto temporary = (expression);                                        \
  ASSERT_THAT(temporary, ::kontor::testing::IsOk());                    \
  target = std::move(temporary).value()
