import type { CodeHost } from '../../ports/code-host.ts';
import { issueOf, labelsOf, needed } from './answers.ts';
import { at, isSameName } from './fields.ts';
import type { Begin } from './repository.ts';

const ISSUES = '/repos/{owner}/{repo}/issues';

export function createIssues(begin: Begin): Pick<CodeHost, 'ownIssues' | 'createIssue' | 'updateIssue'> {
  return {
    async ownIssues(label, signal) {
      const action = `reading the issues with the label ${label}`;
      const session = begin(signal);
      const isOwn = await session.ownership();
      const all = await session.list({
        action,
        needs: 'issues: read',
        route: `GET ${ISSUES}`,
        parameters: { state: 'all', labels: label, sort: 'created', direction: 'asc' },
      });
      return all
        .filter((issue) => at(issue, 'pull_request') === undefined && isOwn(at(issue, 'user')))
        .filter((issue) => labelsOf(issue).some((name) => isSameName(name, label)))
        .map((issue) => needed(issueOf(issue), action));
    },

    async createIssue({ title, body, labels }, signal) {
      const action = 'opening an issue';
      const made = await begin(signal).send({
        action,
        needs: 'issues: write',
        creates: 'the issue',
        route: `POST ${ISSUES}`,
        parameters: { title, body, labels },
      });
      return needed(issueOf(made), action);
    },

    async updateIssue(number, { open, ...texts }, signal) {
      const action = `updating issue #${number}`;
      const state = open === undefined ? {} : { state: open ? 'open' : 'closed' };
      const changed = await begin(signal).send({
        action,
        needs: 'issues: write',
        route: `PATCH ${ISSUES}/{issue_number}`,
        parameters: { issue_number: number, ...texts, ...state },
      });
      return needed(issueOf(changed), action);
    },
  };
}
