#include "libs/platform/postgres/error.h"

#include <pqxx/except>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "libs/base/status.h"
#include "libs/platform/postgres/pool.h"

namespace kontor::postgres {
namespace {

using absl::StatusCode;

struct Meaning {
  const char* prefix;  // of the SQLSTATE; the first that fits counts
  StatusCode code;
  const char* reason;  // null: SQLSTATE_xxxxx
};

constexpr Meaning kMeanings[] = {
    {"40001", StatusCode::kAborted, "TRANSACTION_CONFLICT"},
    {"40P01", StatusCode::kAborted, "TRANSACTION_CONFLICT"},
    {"53100", StatusCode::kResourceExhausted, kReasonDiskFull},
    {"53", StatusCode::kResourceExhausted, "POSTGRES_EXHAUSTED"},
    {"57014", StatusCode::kDeadlineExceeded, "STATEMENT_TIMEOUT"},
    {"55P03", StatusCode::kDeadlineExceeded, "LOCK_TIMEOUT"},
    {"08", StatusCode::kUnavailable, kReasonUnavailable},
    {"57P", StatusCode::kUnavailable, kReasonUnavailable},
    {"25P03", StatusCode::kUnavailable, kReasonUnavailable},
    {"25006", StatusCode::kUnavailable, kReasonUnavailable},
    {"23505", StatusCode::kAlreadyExists, nullptr},
    {"23", StatusCode::kFailedPrecondition, nullptr},
    {"22", StatusCode::kInvalidArgument, nullptr},
    {"42P01", StatusCode::kNotFound, nullptr},
    {"3F000", StatusCode::kNotFound, nullptr},
    {"42501", StatusCode::kPermissionDenied, nullptr},
};

// The first line without PostgreSQL's "ERROR:  ".
std::string Sentence(absl::string_view message) {
  const std::vector<absl::string_view> lines = absl::StrSplit(message, absl::MaxSplits('\n', 1));
  absl::string_view line = lines[0];
  absl::ConsumePrefix(&line, "ERROR:  ");
  absl::ConsumePrefix(&line, "FATAL:  ");
  return std::string(line);
}

}  // namespace

absl::Status StatusOfSqlState(absl::string_view sql_state, absl::string_view message) {
  for (const Meaning& meaning : kMeanings) {
    if (!absl::StartsWith(sql_state, meaning.prefix)) continue;
    const std::string reason = meaning.reason ? meaning.reason : absl::StrCat("SQLSTATE_", sql_state);
    return base::Error(meaning.code, reason, absl::StrCat("PostgreSQL: ", Sentence(message)));
  }
  return base::Error(StatusCode::kInternal, absl::StrCat("SQLSTATE_", sql_state),
                     absl::StrCat("PostgreSQL: ", Sentence(message)));
}

absl::Status StatusOfCurrentException(bool connection_is_open) {
  const auto lost = [](const std::exception& error) {
    return base::Error(StatusCode::kUnavailable, kReasonUnavailable,
                       absl::StrCat("PostgreSQL cannot be reached: ", Sentence(error.what())));
  };
  try {
    throw;
  } catch (const pqxx::in_doubt_error& error) {
    return base::Error(StatusCode::kUnavailable, kReasonCommitUnknown,
                       "the connection to PostgreSQL was lost during COMMIT: the transaction may have been committed");
  } catch (const pqxx::broken_connection& error) {
    return lost(error);
  } catch (const pqxx::insufficient_privilege& error) {  // libpqxx 6.4 forgets the state of this one
    return StatusOfSqlState("42501", error.what());
  } catch (const pqxx::sql_error& error) {
    if (error.sqlstate().empty() && !connection_is_open) return lost(error);
    return StatusOfSqlState(error.sqlstate(), error.what());
  } catch (const pqxx::serialization_failure& error) {
    return StatusOfSqlState("40001", error.what());
  } catch (const pqxx::deadlock_detected& error) {
    return StatusOfSqlState("40P01", error.what());
  } catch (const pqxx::transaction_rollback& error) {
    return StatusOfSqlState("40001", error.what());
  } catch (const std::exception& error) {
    if (!connection_is_open) return lost(error);
    return base::Error(StatusCode::kInternal, "POSTGRES_CLIENT", absl::StrCat("libpqxx: ", Sentence(error.what())));
  }
}

}  // namespace kontor::postgres
