#include "services/kontorctl/session_options.h"

#include <vector>

namespace kontor::ctl {

absl::StatusOr<Arguments> ParseWith(absl::Span<const std::string> words,
                                    std::initializer_list<absl::string_view> options,
                                    std::initializer_list<absl::string_view> switches) {
  std::vector<absl::string_view> all(options);
  all.insert(all.end(), {"address", "key", "key-file", "shop", "ca-file"});
  return Arguments::Parse(words, all, std::vector<absl::string_view>(switches));
}

}  // namespace kontor::ctl
