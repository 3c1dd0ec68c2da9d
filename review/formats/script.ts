/** What the page does by itself: filters rows and columns of the matrix. Without it everything is shown. */
export const SCRIPT = `
(function () {
  var people = document.getElementById("find-people");
  var apps = document.getElementById("find-applications");
  var only = document.getElementById("only-changes");
  var table = document.getElementById("matrix");
  if (!people || !apps || !only || !table) return;
  document.getElementById("tools").hidden = false;
  var heads = Array.prototype.slice.call(table.querySelectorAll("thead th")).slice(1);
  var rows = Array.prototype.slice.call(table.querySelectorAll("tbody tr"));
  var sheet = document.createElement("style");
  document.head.appendChild(sheet);
  function has(element, wanted) {
    return wanted === "" || element.getAttribute("data-find").indexOf(wanted) >= 0;
  }
  function apply() {
    var who = people.value.trim().toLowerCase();
    var what = apps.value.trim().toLowerCase();
    var hidden = heads
      .map(function (head, index) {
        var shown = has(head, what) && (!only.checked || head.hasAttribute("data-changes"));
        return shown ? "" : "#matrix tr>:nth-child(" + (index + 2) + ")";
      })
      .filter(Boolean);
    sheet.textContent = hidden.length ? hidden.join(",") + "{display:none}" : "";
    var count = 0;
    rows.forEach(function (row) {
      var members = Array.prototype.slice.call(row.querySelectorAll("li"));
      var found = members.filter(function (member) {
        member.hidden = !has(member, who);
        return !member.hidden;
      });
      var shown = (has(row, who) || found.length > 0) && (!only.checked || row.hasAttribute("data-changes"));
      if (found.length === 0) members.forEach(function (member) { member.hidden = false; });
      var fold = row.querySelector("details");
      if (fold) fold.open = who !== "" && found.length > 0 && found.length < 50;
      row.hidden = !shown;
      if (shown) count += 1;
    });
    document.getElementById("found").textContent =
      who || what || only.checked ? count + " of " + rows.length + " rows, " + (heads.length - hidden.length) + " of " + heads.length + " applications" : "";
  }
  [people, apps].forEach(function (input) { input.addEventListener("input", apply); });
  only.addEventListener("change", apply);
})();
`;
