import type { CodeHost } from '../../ports/code-host.ts';
import { commentOf, needed } from './answers.ts';
import { at, textAt } from './fields.ts';
import type { Begin } from './repository.ts';

const COMMENTS = '/repos/{owner}/{repo}/issues/{issue_number}/comments';
const COMMENT = '/repos/{owner}/{repo}/issues/comments/{comment_id}';
const WRITES = 'pull-requests: write';

type Comments = Pick<CodeHost, 'ownComments' | 'createComment' | 'updateComment' | 'deleteComment' | 'react'>;

/** Comments of pull requests, which to GitHub are issues with more to them. */
export function createComments(begin: Begin): Comments {
  return {
    async ownComments(number, marker, signal) {
      const action = `reading the comments of #${number}`;
      const session = begin(signal);
      const isOwn = await session.ownership();
      const all = await session.list({
        action,
        needs: 'pull-requests: read',
        route: `GET ${COMMENTS}`,
        parameters: { issue_number: number },
      });
      return all
        .filter((comment) => isOwn(at(comment, 'user')) && textAt(comment, 'body')?.startsWith(marker))
        .map((comment) => needed(commentOf(comment), action))
        .toSorted((a, b) => a.id - b.id);
    },

    async createComment(number, body, signal) {
      const action = `commenting on #${number}`;
      const made = await begin(signal).send({
        action,
        needs: WRITES,
        creates: 'the comment',
        route: `POST ${COMMENTS}`,
        parameters: { issue_number: number, body },
      });
      return needed(commentOf(made), action);
    },

    async updateComment(id, body, signal) {
      const action = `updating comment ${id}`;
      const changed = await begin(signal).send({
        action,
        needs: WRITES,
        route: `PATCH ${COMMENT}`,
        parameters: { comment_id: id, body },
      });
      return needed(commentOf(changed), action);
    },

    async deleteComment(id, signal) {
      await begin(signal).find({
        action: `deleting comment ${id}`,
        needs: WRITES,
        route: `DELETE ${COMMENT}`,
        parameters: { comment_id: id },
      });
    },

    async react(commentId, reaction, signal) {
      await begin(signal).send({
        action: `reacting to comment ${commentId}`,
        needs: WRITES,
        route: `POST ${COMMENT}/reactions`,
        parameters: { comment_id: commentId, content: reaction },
        // The same reaction of the same account is there once, however often it is sent.
        repeatable: true,
      });
    },
  };
}
