#include "services/recommendations/subject_list.h"

#include "libs/base/status.h"

namespace kontor::recommendations {

absl::StatusOr<std::vector<std::string>> PostgresSubjectList::After(absl::string_view shop, absl::string_view last,
                                                                    int limit) {
  postgres::Params params;
  params.Text(shop).Text(last).Int64(limit);
  ASSIGN_OR_RETURN(
      const postgres::Result rows,
      pool_.Exec("WITH RECURSIVE walk (subject, number) AS ("
                 "(SELECT min(subject), 1::int8 FROM recommendations.purchases WHERE shop = $1 AND subject > $2 "
                 "AND subject <> '') UNION ALL "
                 "SELECT (SELECT min(p.subject) FROM recommendations.purchases AS p WHERE p.shop = $1 "
                 "AND p.subject > walk.subject AND p.subject <> ''), number + 1 FROM walk "
                 "WHERE subject IS NOT NULL AND number < $3) "
                 "SELECT subject FROM walk WHERE subject IS NOT NULL ORDER BY subject",
                 params));
  std::vector<std::string> subjects;
  for (int r = 0; r < rows.rows(); ++r) subjects.emplace_back(rows.Text(r, 0));
  return subjects;
}

}  // namespace kontor::recommendations
