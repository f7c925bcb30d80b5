#include "services/kontorctl/progress_bar.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/money.h"

namespace kontor::ctl {
namespace {

constexpr int kBarWidth = 24;

std::string Grouped(int64_t number) { return base::FormatRounded(absl::int128(number) * base::Decimal::kOne, 0); }

}  // namespace

ProgressBar::ProgressBar() : terminal_(isatty(STDERR_FILENO) != 0) {}

std::string ProgressBar::Line(const ImportStanding& standing, double seconds) {
  const int filled = static_cast<int>(std::lround(standing.share * kBarWidth));
  std::string bar;
  for (int i = 0; i < kBarWidth; ++i) bar += i < filled ? "█" : "░";
  const auto rate = static_cast<int64_t>(seconds > 0 ? static_cast<double>(standing.rows_read) / seconds : 0);
  const double left = standing.share > 0 ? seconds * (1 - standing.share) / standing.share : 0;
  return absl::StrFormat(
      "  %-28s %s %3d%%  %s rows  %s rows/s  %d:%02d left%s", standing.what, bar,
      static_cast<int>(standing.share * 100), Grouped(standing.rows_read), Grouped(rate), static_cast<int>(left) / 60,
      static_cast<int>(left) % 60,
      standing.refused_rows > 0 ? absl::StrCat("  ", Grouped(standing.refused_rows), " refused") : "");
}

void ProgressBar::Show(const ImportStanding& standing) {
  const Clock::time_point now = Clock::now();
  if (standing.what != what_) {
    End();
    what_ = standing.what;
    start_ = now;
    shown_ = {};
  }
  const auto pause = terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(2000);
  if (standing.share < 1 && now - shown_ < pause) return;
  shown_ = now;
  const double seconds = std::chrono::duration<double>(now - start_).count();
  std::fprintf(stderr, terminal_ ? "\r%s\x1b[K" : "%s\n", Line(standing, seconds).c_str());
}

void ProgressBar::End() {
  if (terminal_ && !what_.empty()) std::fputc('\n', stderr);
  what_.clear();
}

}  // namespace kontor::ctl
