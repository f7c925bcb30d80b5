#include "services/analytics/analyst_access.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"

namespace kontor::analytics {
namespace {

constexpr size_t kMaxIdentifier = 63;
constexpr size_t kHashDigits = 8;

// The role's name is safe to splice: AnalystRole makes identifiers only. Two databases of one server may create it at
// the same time, which no lock of one database prevents: hence the exceptions.
absl::Status CreateRole(postgres::Transaction& transaction, const std::string& role) {
  postgres::Params params;
  params.Text(role);
  ASSIGN_OR_RETURN(const postgres::Result found, transaction.Exec("SELECT 1 FROM pg_roles WHERE rolname = $1", params));
  if (!found.empty()) return absl::OkStatus();
  return transaction
      .Exec(absl::StrCat("DO $$ BEGIN CREATE ROLE ", role, " NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; ",
                         "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"))
      .status();
}

absl::Status EnterShop(postgres::Transaction& transaction, const fleet::Shop& shop, const std::string& role) {
  postgres::Params params;
  params.Text(shop.id).Text(shop.time_zone.name()).Text(role);
  return transaction
      .Exec(
          "INSERT INTO analytics.shops (shop, time_zone, analyst_role) VALUES ($1, $2, $3) ON CONFLICT (shop) DO "
          "UPDATE SET time_zone = excluded.time_zone, analyst_role = excluded.analyst_role",
          params)
      .status();
}

}  // namespace

std::string AnalystRole(absl::string_view shop) {
  std::string role = absl::StrCat("kontor_analyst_", absl::StrReplaceAll(shop, {{"-", "_"}}));
  if (role.size() <= kMaxIdentifier) return role;
  role.resize(kMaxIdentifier - kHashDigits - 1);
  return absl::StrCat(role, "_", base::Sha256Hex(shop).substr(0, kHashDigits));
}

absl::Status EnsureAnalystAccess(postgres::Pool& pool, absl::Span<const fleet::Shop> shops) {
  return pool.RunRetrying([&](postgres::Transaction& transaction) -> absl::Status {
    RETURN_IF_ERROR(
        transaction.Exec("SELECT pg_advisory_xact_lock(hashtextextended('kontor.analytics.analyst_access', 0))")
            .status());
    for (const fleet::Shop& shop : shops) {
      const std::string role = AnalystRole(shop.id);
      RETURN_IF_ERROR(CreateRole(transaction, role));
      RETURN_IF_ERROR(transaction.Exec(absl::StrCat("GRANT USAGE ON SCHEMA sql_v1 TO ", role)).status());
      RETURN_IF_ERROR(transaction.Exec(absl::StrCat("GRANT SELECT ON ALL TABLES IN SCHEMA sql_v1 TO ", role)).status());
      RETURN_IF_ERROR(EnterShop(transaction, shop, role));
    }
    return absl::OkStatus();
  });
}

}  // namespace kontor::analytics
